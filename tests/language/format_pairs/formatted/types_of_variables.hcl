variable "a" {
  type = string
}
variable "b" {
  type = list(string)
}
variable "c" {
  type = map(string)
}
variable "d" {
  type = list(any)
}
variable "e" {
  type    = map(any)
  default = {}
}
variable "f" {
  type = set(any)
}
variable "g" { type = string }
variable "h" {
  type = "number"
}
variable "i" {
  type = list(string)
}
variable "j" {
  type = object({
    name = string
    size = optional(number, 1)
    tags = map(list(string))
  })
}
variable "k" {
  type    = "${list}"
  default = list
}
