service "web" {
  desired_count = 2
  labels        = { team = "shop" }

  container "app" {
    image  = "x:1" # the image
    memory = 16    # MiB
  }
}
