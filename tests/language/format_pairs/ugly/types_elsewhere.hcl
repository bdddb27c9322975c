output "a" {
type = "string"
}
service "b" {
type = list
  variable "c" {
  type = "list"
  }
}
type = "string"
