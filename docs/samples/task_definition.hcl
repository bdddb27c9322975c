task_definition "web" {
  cpu      = 1024
  memory   = 512
  networks = [network.back]

  volume "uploads" {
    source = volume.uploads
  }

  volume "cache" {} # private to the task

  volume "settings" {
    host_path = "./settings"
  }

  volume "scratch" {
    tmpfs_size = 64
  }

  container "app" {
    image        = local.image
    command      = ["--port", tostring(local.port)]
    memory       = 256
    environment  = { PORT = local.port }
    secrets      = { DB_PASSWORD = secret.db_password }
    stop_timeout = "10s"

    build {
      context = "./web"
    }

    depends_on {
      container = "migrate"
      condition = "SUCCESS"
    }

    extra_host {
      hostname   = "gateway"
      ip_address = "host-gateway"
    }

    health_check {
      command  = ["CMD-SHELL", "wget -q -O- http://localhost:${local.port}/health"]
      interval = "5s"
    }

    linux_parameters {
      init_process_enabled = true

      capabilities {
        drop = ["ALL"]
        add  = ["NET_BIND_SERVICE"]
      }

      device {
        host_path   = "/dev/fuse"
        permissions = ["read", "write"]
      }

      tmpfs {
        container_path = "/tmp"
        size           = 64
        mount_options  = ["noexec"]
      }
    }

    log_configuration {
      options = { max-size = "1m", max-file = "5" }
    }

    mount_point {
      source_volume  = "uploads"
      container_path = "/data"
    }

    port_mapping {
      name           = "http"
      container_port = local.port
      host_port      = 0
    }

    resource_requirement {
      type  = "GPU"
      value = "1"
    }

    restart_policy {
      ignored_exit_codes     = [0]
      restart_attempt_period = "1m"
    }

    system_control {
      namespace = "net.core.somaxconn"
      value     = "1024"
    }

    ulimit {
      name       = "nofile"
      soft_limit = 1024
      hard_limit = 4096
    }

    volumes_from {
      source_container = "migrate"
      read_only        = true
    }
  }

  container "migrate" {
    image     = local.image
    essential = false
    command   = ["./migrate"]
    memory    = 128
  }
}
