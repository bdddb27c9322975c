stack "shop" {
  required_version = ">= 0.1"
}
cluster "local" {
  engine = "tcp://docker.example:2376"
  tls {
    ca   = "ca.pem"
    cert = "cert.pem"
    key  = "key.pem"
  }
}
variable "tag" {
  type    = string
  default = "1.0"
}
locals { port = 8080 }
network "back" { internal = true }
volume "uploads" {
  driver_opts = { size = 10 }
  labels      = { team = "shop" }
  exclusive   = true
}
volume "nas" { external = true }
secret "db_password" { env = "DB_PASSWORD" }
secret "api" { command = ["pass", "show", "api"] }
secret "tls" { file = "tls.key" }
output "url" {
  value       = "http://localhost:${service.web.host_ports["http"][0]}"
  description = "where"
}
output "count" { value = service.web.desired_count * 1.5 }
output "hidden" {
  value     = sensitive({ a = [1, "x", true, null] })
  sensitive = true
}
task_definition "web" {
  network_mode        = "awsvpc"
  cpu                 = 1024
  memory              = 512
  networks            = [network.back]
  pid_mode            = "task"
  ipc_mode            = "host"
  version_consistency = "disabled"
  volume "cache" {}
  volume "uploads" { source = volume.uploads }
  volume "conf" { host_path = "./conf" }
  volume "scratch" { tmpfs_size = 64 }
  container "migrate" {
    image     = "shop/web:${var.tag}"
    essential = false
    memory    = 64
    command   = ["./migrate"]
  }
  container "app" {
    image              = "shop/web:${var.tag}"
    entry_point        = ["/bin/app"]
    command            = ["--port", tostring(local.port)]
    cpu                = 256
    memory             = 128
    memory_reservation = 64
    environment        = { PORT = local.port, DEBUG = true, NONE = null }
    environment_files  = ["web.env"]
    secrets            = { DB_PASSWORD = secret.db_password }
    secrets_as         = "environment"
    port_mapping {
      name           = "http"
      container_port = local.port
      host_port      = 0
      host_ip        = "0.0.0.0"
      app_protocol   = "http"
    }
    port_mapping {
      container_port_range = "9000-9003"
      protocol             = "udp"
    }
    health_check {
      command      = ["CMD-SHELL", "true"]
      interval     = "1m30s"
      timeout      = "1500ms"
      retries      = 5
      start_period = 10
    }
    depends_on {
      container = "migrate"
      condition = "SUCCESS"
    }
    mount_point {
      source_volume  = "uploads"
      container_path = "/data"
      read_only      = true
    }
    volumes_from { source_container = "migrate" }
    log_configuration {
      options = { max-size = "1m" }
    }
    restart_policy {
      ignored_exit_codes     = [0]
      restart_attempt_period = "1m"
    }
    linux_parameters {
      init_process_enabled = true
      shared_memory_size   = 64
      max_swap             = 0
      swappiness           = 60
      capabilities {
        add  = ["NET_ADMIN"]
        drop = ["ALL"]
      }
      device {
        host_path   = "/dev/fuse"
        permissions = ["read"]
      }
      tmpfs {
        container_path = "/tmp"
        size           = 64
      }
    }
    ulimit {
      name       = "nofile"
      soft_limit = 1024
      hard_limit = 4096
    }
    start_timeout            = "2m"
    stop_timeout             = "1h30m"
    pull                     = "always"
    user                     = 1000
    working_directory        = "/srv"
    hostname                 = "web"
    readonly_root_filesystem = true
    privileged               = true
    docker_labels            = { team = "shop" }
    docker_security_options  = ["no-new-privileges"]
    dns_servers              = ["10.0.0.1"]
    dns_search_domains       = ["example.com"]
    interactive              = true
    pseudo_terminal          = true
    extra_host {
      hostname   = "db"
      ip_address = "10.0.0.5"
    }
    system_control {
      namespace = "net.core.somaxconn"
      value     = 1024
    }
    resource_requirement {
      type  = "GPU"
      value = 1
    }
    build { context = "./web" }
  }
}
service "db" { task_definition = task_definition.db }
task_definition "db" {
  family = "postgres"
  container "db" {
    image              = "postgres"
    memory_reservation = 32
    health_check { from_image = true }
  }
}
service "web" {
  task_definition           = task_definition.web
  desired_count             = 3
  health_check_grace_period = "5s"
  depends_on                = [service.db]
  deployment_configuration {
    strategy                = "ROLLING"
    minimum_healthy_percent = 50
    maximum_percent         = 150
    minimum_healthy_time    = "2s"
    timeout                 = "5m"
    deployment_circuit_breaker {
      rollback = false
      threshold {
        type  = "COUNT"
        value = 4
      }
    }
  }
}
