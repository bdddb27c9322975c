# One task: containers that start and stop together and share one network namespace, so that each finds the others
# on localhost. This one starts in three steps: migrate, then app, then watchdog.
task_definition "web" {
  cpu    = 512 # 1024 is one CPU; a ceiling for the task as a whole
  memory = 192 # MiB, likewise

  volume "catalogue" {
    source = volume.catalogue
  }

  # Runs first and ends. It may: a container that is not essential does not take the task with it.
  container "migrate" {
    image     = local.web_image
    essential = false
    memory    = 32
    command   = ["sh", "-c", "echo 'schema 3' >/data/schema && echo migrated to schema 3"]

    mount_point {
      source_volume  = "catalogue"
      container_path = "/data"
    }
  }

  container "app" {
    image        = local.web_image
    memory       = 64
    stop_timeout = "5s"

    environment = {
      GREETING = var.greeting
      PORT     = local.port
    }

    # Becomes the file /run/secrets/API_KEY, in memory only.
    secrets = { API_KEY = secret.api_key }

    port_mapping {
      name           = "http"
      container_port = local.port
      host_port      = 0 # every task gets a free port of its own on 127.0.0.1
      host_ip        = "127.0.0.1"
    }

    health_check {
      command  = ["CMD-SHELL", "wget -q -O- http://localhost:${local.port}/health"]
      interval = "2s"
      timeout  = "2s"
    }

    depends_on {
      container = "migrate"
      condition = "SUCCESS"
    }

    mount_point {
      source_volume  = "catalogue"
      container_path = "/data"
      read_only      = true
    }

    linux_parameters {
      tmpfs {
        container_path = "/tmp"
        size           = 16 # MiB
      }
    }
  }

  # A sidecar that asks the app over localhost. It is essential: stop it, and the whole task is replaced.
  container "watchdog" {
    image        = "reconciler-demo/worker:1"
    memory       = 64
    stop_timeout = "5s"

    environment = {
      TARGET   = "localhost:${local.port}"
      INTERVAL = 10
    }

    health_check {
      command  = ["CMD-SHELL", "wget -q -O- http://localhost:${local.port}/health"]
      interval = "2s"
      timeout  = "2s"
    }

    depends_on {
      container = "app"
      condition = "HEALTHY"
    }
  }
}

# On the stack's network the name "web" answers with the running tasks of this service.
service "web" {
  task_definition = task_definition.web
  desired_count   = var.web_count

  # Each task gets requests once it is well, and none from the moment on that it is to stop.
  load_balancer {
    target_group   = target_group.web
    container_name = "app"
    container_port = local.port
  }

  # 3 tasks: an update has never fewer than 3 healthy ones and never more than floor(3 x 1.5) = 4 in all.
  deployment_configuration {
    minimum_healthy_percent = 100
    maximum_percent         = 150
  }
}
