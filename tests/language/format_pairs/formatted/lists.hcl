locals {
  empty    = []
  one      = [1]
  row      = [1, 2, 3, 4]
  trailing = [1, 2, ]
  lines = [
    1,
    2,
    3
  ]
  lines_with_trailing_comma = [
    "a",
    "b",
  ]
  mixed = ["a",
    "b", "c",
  "d"]
  commas_first = [
    1
    , 2
    , 3
  ]
  nested = [[1, 2], [3, [4, 5]]]
  nested_lines = [
    [
      1
    ],
    [2],
  ]
}
