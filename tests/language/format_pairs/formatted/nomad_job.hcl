job "redis" {
  datacenters = ["dc1", "dc2"]
  type        = "service"
  constraint {
    attribute = attr.kernel.name
    value     = "linux"
  }
  update {
    stagger      = "10s"
    max_parallel = 1
  }
  group "cache" {
    count = 3
    restart { # try hard
      attempts = 10
      interval = "5m"
      delay    = "25s"
      mode     = "delay"
    }
    network {
      port "db" { to = 6379 }
      port "admin" {}
    }
    task "redis" {
      driver = "docker"
      config {
        image = "redis:7"
        ports = ["db", "admin"]
        args = [
          "--port", "${NOMAD_PORT_db}",
          "--save", "60 1",
        ]
        labels { group = "webs" }
      }
      template {
        data        = <<EOH
LOG_LEVEL="{{key "service/log-verbosity"}}"
  API_KEY="{{with secret "secret/key"}}{{.Data.value}}{{end}}"
EOH
        destination = "secrets/file.env"
        env         = true
      }
      env {
        DB_HOST = "x"
        DB_PORT = "5432"
      }
      resources {
        cpu    = 500 # MHz
        memory = 256 # MB
      }
      service {
        name = "redis"
        tags = ["global", "cache"]
        port = "db"
        check {
          type     = "tcp"
          interval = "10s"
          timeout  = "2s"
        }
      }
    }
  }
}
