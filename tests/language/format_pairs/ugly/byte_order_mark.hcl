service "web" {
a=1
}
