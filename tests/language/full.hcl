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
output "balancer" { value = load_balancer.public.listener.https.url }
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
    port_mapping { container_port = 5432 }
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
load_balancer "public" {
  type         = "application"
  image        = "shop/haproxy:3"
  idle_timeout = "2m"
  access_log   = true
  listener "https" {
    port     = 8443
    protocol = "HTTPS"
    bind     = "127.0.0.1"
    certificate {
      file = "site.pem"
      key  = "site.key"
    }
    certificate {
      file = "other.pem"
      key  = "other.key"
    }
    rule "split" {
      priority     = 20
      host_header  = ["*.example.com"]
      path_pattern = ["/api/*", "/v?/*"]
      http_method  = ["GET", "HEAD"]
      source_ip    = ["10.0.0.0/8", "fd00::/8"]
      http_header {
        name   = "X-Client"
        values = ["mobile*"]
      }
      query_string { value = "beta" }
      query_string {
        key   = "beta"
        value = "yes"
      }
      forward {
        target_group = target_group.web
        weight       = 9
      }
      forward {
        target_group = target_group.api[0]
        weight       = 0
      }
    }
    rule "old" {
      priority    = 10
      host_header = ["old.example.com"]
      redirect {
        protocol    = "HTTPS"
        host        = "example.com"
        port        = 443
        path        = "/new/#{path}"
        query       = ""
        status_code = 301
      }
    }
    fixed_response {
      status_code  = 404
      content_type = "application/json"
      body         = "{}\n"
    }
  }
  listener "test" {
    port    = 8081
    publish = false
    forward { target_group = target_group.web }
  }
  listener "plain" { port = 8080 }
}
load_balancer "raw" {
  type = "network"
  listener "tcp" {
    port     = 5432
    protocol = "TCP"
    forward { target_group = target_group.raw }
  }
}
target_group "web" {
  protocol             = "HTTP"
  protocol_version     = "HTTP2"
  deregistration_delay = "1m"
  slow_start           = "30s"
  algorithm            = "least_outstanding_requests"
  health_check {
    protocol            = "HTTP"
    path                = "/health"
    port                = 9000
    matcher             = "200,301-302"
    interval            = "10s"
    timeout             = "1500ms"
    healthy_threshold   = 3
    unhealthy_threshold = 4
  }
  stickiness {
    type        = "app_cookie"
    duration    = "1d"
    cookie_name = "SESSION"
  }
}
target_group "api" {
  count        = 1
  elb_defaults = true
  health_check { timeout = "4s" }
}
target_group "raw" {
  protocol     = "TCP"
  elb_defaults = true
  stickiness {
    type = "source_ip"
  }
}
task_definition "site" {
  network_mode = "bridge"
  container "app" {
    image  = "site:1"
    memory = 64
    port_mapping { container_port_range = "8000-8080" }
  }
}
service "green" {
  task_definition = task_definition.site
  load_balancer {
    target_group   = target_group.web
    container_name = "app"
    container_port = local.port
    test_listener  = load_balancer.public.listener.test
  }
  load_balancer {
    target_group   = target_group.api[0]
    container_name = "app"
    container_port = local.port
  }
  deployment_configuration {
    strategy  = "LINEAR"
    bake_time = "20s"
    linear {
      step_percent   = 12.5
      step_bake_time = "1m"
    }
    alarm "slow" {
      metric       = "latency_p95"
      greater_than = 0.25
      period       = "30s"
      datapoints   = 3
    }
    alarm "queue" {
      prometheus {
        url   = "http://127.0.0.1:9090"
        query = "max(queue)"
      }
    }
    alarm "probe" { command = ["./probe.sh"] }
    lifecycle_hook "smoke" {
      stages     = ["POST_TEST_TRAFFIC_SHIFT", "PRE_SCALE_UP"]
      timeout    = "5m"
      on_timeout = "CONTINUE"
      http { url = "http://127.0.0.1/smoke" }
    }
    lifecycle_hook "migrate" {
      stages = ["PRE_SCALE_UP"]
      task {
        command   = ["./migrate"]
        container = "app"
      }
    }
    lifecycle_hook "approval" {
      stages = ["PRE_PRODUCTION_TRAFFIC_SHIFT"]
      pause  = true
    }
    lifecycle_hook "tell" {
      stages  = ["POST_PRODUCTION_TRAFFIC_SHIFT"]
      command = ["./tell.sh"]
    }
  }
}
service "canary" {
  task_definition = task_definition.db
  deployment_configuration {
    strategy = "CANARY"
    canary {
      percent   = 2.5
      bake_time = "5m"
    }
  }
  load_balancer {
    target_group   = target_group.raw
    container_name = "db"
    container_port = 5432
  }
}
autoscaling "web" {
  service      = service.web
  min_capacity = 1
  max_capacity = 10
  target_tracking "cpu" {
    metric             = "cpu"
    target_value       = 62.5
    scale_out_cooldown = "1m"
    scale_in_cooldown  = "10m"
    disable_scale_in   = true
    period             = "30s"
    scale_out_periods  = 2
    scale_in_periods   = 10
  }
  target_tracking "backlog" {
    target_value = 100
    prometheus {
      url   = "http://127.0.0.1:9090"
      query = "sum(jobs) / 2"
    }
  }
  step_scaling "burst" {
    metric                       = "memory"
    threshold                    = 60
    adjustment_type              = "PercentChangeInCapacity"
    minimum_adjustment_magnitude = 2
    period                       = "2m"
    evaluation_periods           = 3
    cooldown                     = "1m30s"
    step {
      lower_bound = 20
      adjustment  = 50
    }
    step {
      upper_bound = -10.5
      adjustment  = -25
    }
    step {
      lower_bound = -10.5
      upper_bound = 20
      adjustment  = 0
    }
  }
  scheduled_action "night" {
    schedule     = "cron(0 22 * * ? *)"
    timezone     = "Europe/Berlin"
    min_capacity = 0
    max_capacity = 2
  }
  lifecycle { ignore_changes = [max_capacity, target_tracking.cpu.target_value, scheduled_action.night.timezone] }
}
scheduled_task "report" {
  task_definition = task_definition.db
  schedule        = "0 3 * * *"
  timezone        = "America/New_York"
  task_count      = 2
  overlap         = "replace"
  retries         = 3
  timeout         = "30m"
  catch_up_window = "1d"
  overrides {
    container "db" {
      command     = ["dump"]
      environment = { DAY = 1 }
      cpu         = 512
      memory      = 128
    }
  }
}
notification "chat" { url = "https://chat.example/x" }
notification "hidden" { url_from = secret.db_password }
notification "pager" {
  command = ["page", "--loud"]
  events  = ["scaling", "task", "deployment"]
}
