x "a" "b" {
}
y "a" "b" "c" {}
z "with spaces  inside" {}
w "escape \" quote" "back\\slash" {}
