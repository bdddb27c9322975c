service "web" {
}
resource "aws_instance" "example" {
  a = 1
}
x "quoted" "bare" "again" { b = 1 }
network "back" {}
variable "größe" {
}
