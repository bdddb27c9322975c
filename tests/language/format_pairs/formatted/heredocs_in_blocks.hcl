service "web" {
  container "app" {
    command = ["sh", "-c", <<-EOT
    set -e
    echo ${var.x}
  EOT
    ]
    user_data = <<-EOT
#!/bin/sh
    if [ -f x ]; then
    echo "$x"
    fi
EOT
    image     = "x"
  }
}
