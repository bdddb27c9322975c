variable "a" {
type = "string"
}
variable "b" {
  type="list"
}
variable "c" {
type = "map"
}
variable "d" {
type=list
}
variable "e" {
type = map
  default={}
}
variable "f" {
type = set
}
variable "g" { type = "string" }
variable "h" {
type = "number"
}
variable "i" {
type = list(string)
}
variable "j" {
  type = object({
name=string
    size = optional( number , 1 )
  tags=map(list( string ))
  })
}
variable "k" {
type = "${list}"
default = "${list}"
}
