output "grafana_url" {
  description = "The dashboard; it answers some five minutes after the machine has started"
  value       = var.open_grafana ? "http://${azurerm_public_ip.main.ip_address}:3000" : "http://localhost:3000 (run tunnel_command first)"
}

output "ssh_command" {
  value = "ssh ${var.admin_username}@${azurerm_public_ip.main.ip_address}"
}

output "tunnel_command" {
  description = "Grafana, Prometheus, the database and the broker on your own machine, encrypted, for as long as it runs"
  value       = "ssh -N -L 3000:localhost:3000 -L 9090:localhost:9090 -L 5432:localhost:5432 -L 19092:localhost:19092 ${var.admin_username}@${azurerm_public_ip.main.ip_address}"
}

output "grafana_password_command" {
  description = "Prints the password of the user admin"
  value       = "terraform output -raw grafana_password"
}

output "grafana_password" {
  value     = random_password.secret["grafana"].result
  sensitive = true
}

output "snapshot_command" {
  description = "Takes a snapshot of the data disk; the dumps of each night are on that disk and do not survive it"
  value       = "az snapshot create --resource-group ${azurerm_resource_group.main.name} --name ${var.name}-$(date +%Y%m%d) --source ${azurerm_managed_disk.data.id} --incremental true"
}
