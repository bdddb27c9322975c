"""HCL text to a Stack: grammar, syntax tree, evaluator, schema and loader.

Importing this package imports neither hcl2, lark nor docker: a warm run never needs them.
"""
