packer {
  required_plugins {
    docker = { version = ">= 1.0", source = "github.com/hashicorp/docker" }
  }
}
source "docker" "ubuntu" {
  image   = "ubuntu:${var.release}"
  commit  = true
  changes = ["ENV A=b", "CMD [\"sh\",\"-c\"]"]
}
build {
  sources = ["source.docker.ubuntu"]
  provisioner "shell" {
    environment_vars = ["FOO=hello"]
    inline = ["apt-get update",
    "apt-get install -y curl", ]
  }
  post-processor "docker-tag" { repository = "x" }
}
