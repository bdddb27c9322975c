"""Stacks that hold far too much of something: depth, length, size, or all three."""

from __future__ import annotations

import random
from collections.abc import Callable

EXTREMES: tuple[Callable[[int, random.Random], str], ...] = (
    lambda many, chance: f"locals {{\n  a = {chance.choice('([{') * many}\n}}\n",
    lambda many, chance: f"locals {{\n  a = {'(' * many}1{')' * many}\n}}\n",
    lambda many, chance: f"locals {{\n  a = {'[' * many}{']' * many}\n}}\n",
    lambda many, chance: "locals {\n  a = 1" + f" {chance.choice('+-*&|')} 1" * many + "\n}\n",
    lambda many, chance: f"locals {{\n  a = {'!' * many}true\n}}\n",
    lambda many, chance: "locals {\n  a = " + "true ? 1 : " * many + "2\n}\n",
    lambda many, chance: f"locals {{\n  a = var{'.x' * many}\n}}\n",
    lambda many, chance: f"locals {{\n  a = x{'[0]' * many}\n}}\n",
    lambda many, chance: f"locals {{\n  a = x{'[*]' * many}\n}}\n",
    lambda many, chance: f'locals {{\n  a = "{"${" * many}1{"}" * many}"\n}}\n',
    lambda many, chance: f'locals {{\n  a = "{"%{ if true }" * many}"\n}}\n',
    lambda many, chance: f'locals {{\n  a = "{"x" * many * 10}"\n}}\n',
    lambda many, chance: f"locals {{\n  a = {'9' * many}\n}}\n",
    lambda many, chance: f"locals {{\n  a = 1e{many}\n  b = 10000000000 % (1 / 3)\n}}\n",
    lambda many, chance: f"{'a' * many} = 1\n",
    lambda many, chance: "b {\n" * many,
    lambda many, chance: "}\n" * many,
    lambda many, chance: "a = = 1\n" * min(many, 2000),
    lambda many, chance: 'a "x {\n' * min(many, 2000),
    lambda many, chance: "a = <<E\n" * min(many, 2000),
    lambda many, chance: "/*" * many,
    lambda many, chance: "".join(
        f"locals {{\n  a{each} = local.a{each + 1}\n}}\n" for each in range(min(many, 2000))
    ),
    lambda many, chance: f"locals {{\n  a = range({many}00000)\n  b = [for x in range(1000) : range(1000)]\n}}\n",
    lambda many, chance: f'network "x" {{\n  count = {many}\n}}\n',
    lambda many, chance: f'network "x" {{\n  for_each = toset([for x in range({many}) : tostring(x)])\n}}\n',
    lambda many, chance: (
        'locals {\n  a = join("", [for x in range(1000) : format("%0999d", 1)])\n  b = "${local.a}${local.a}"\n}\n'
    ),
    lambda many, chance: (
        "locals {\n"
        + f'  a0 = "{"x" * 100}"\n'
        + "".join(f'  a{n + 1} = "${{local.a{n}}}${{local.a{n}}}"\n' for n in range(40))
        + "}\n"
    ),
    lambda many, chance: f'module "m" {{\n  source = "."\n  count = {many}\n}}\n',
    lambda many, chance: (
        f'locals {{\n  a = regex("(a*)*b", "{"a" * min(many, 25)}")\n  b = [for a in [1] : [for b in [a] : b]]\n}}\n'
    ),
)
