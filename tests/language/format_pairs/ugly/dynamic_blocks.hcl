resource "x" "y" {
dynamic "setting" {
for_each=var.settings
iterator = each_setting
content {
namespace=setting.value["namespace"]
name = setting.value.name
}
}
dynamic tag {
for_each = { for k,v in var.tags:k=>v if v!="" }
content { key=tag.key }
}
}
