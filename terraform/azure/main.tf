# One virtual machine that runs docker-compose.yml of a release, on a disk of its own that outlives the machine.
# terraform/README.md leads from nothing to a dashboard, and back.

locals {
  image = var.image != "" ? var.image : "ghcr.io/${lower(var.repository)}:${trimprefix(var.release, "v")}"
  tags  = { application = "quantstream" }

  # Letters and digits only: they go into a URL and into an .env file.
  environment = <<-EOT
    POSTGRES_PASSWORD=${random_password.secret["postgres"].result}
    QUANTSTREAM_ENGINE_PASSWORD=${random_password.secret["engine"].result}
    GRAFANA_READER_PASSWORD=${random_password.secret["reader"].result}
    GF_PASSWORD=${random_password.secret["grafana"].result}
    QUANTSTREAM_IMAGE=${local.image}
    BTC_SOURCE=${var.source_of_trades}
    GRAFANA_ADDRESS=${var.open_grafana ? "0.0.0.0" : "127.0.0.1"}
  EOT
}

# The passwords are in the state of Terraform as plain text: keep the state where only you can read it.
resource "random_password" "secret" {
  for_each = toset(["postgres", "engine", "reader", "grafana"])
  length   = 32
  special  = false
}

resource "azurerm_resource_group" "main" {
  name     = var.name
  location = var.location
  tags     = local.tags
}

resource "azurerm_virtual_network" "main" {
  name                = "${var.name}-network"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.20.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "main" {
  name                 = "${var.name}-subnet"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.20.0.0/26"]
}

# What no rule allows is refused: Azure adds that rule itself.
resource "azurerm_network_security_group" "main" {
  name                = "${var.name}-firewall"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  tags                = local.tags
}

resource "azurerm_network_security_rule" "ssh" {
  name                        = "ssh"
  resource_group_name         = azurerm_resource_group.main.name
  network_security_group_name = azurerm_network_security_group.main.name
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_address_prefixes     = var.allowed_cidrs
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_range      = "22"
}

resource "azurerm_network_security_rule" "grafana" {
  count                       = var.open_grafana ? 1 : 0
  name                        = "grafana"
  resource_group_name         = azurerm_resource_group.main.name
  network_security_group_name = azurerm_network_security_group.main.name
  priority                    = 110
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_address_prefixes     = var.allowed_cidrs
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_range      = "3000"
}

resource "azurerm_subnet_network_security_group_association" "main" {
  subnet_id                 = azurerm_subnet.main.id
  network_security_group_id = azurerm_network_security_group.main.id
}

resource "azurerm_public_ip" "main" {
  name                = "${var.name}-address"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  allocation_method   = "Static"
  sku                 = "Standard"
  tags                = local.tags
}

resource "azurerm_network_interface" "main" {
  name                = "${var.name}-interface"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  tags                = local.tags

  ip_configuration {
    name                          = "main"
    subnet_id                     = azurerm_subnet.main.id
    private_ip_address_allocation = "Dynamic"
    public_ip_address_id          = azurerm_public_ip.main.id
  }
}

resource "azurerm_managed_disk" "data" {
  name                 = "${var.name}-data"
  resource_group_name  = azurerm_resource_group.main.name
  location             = azurerm_resource_group.main.location
  storage_account_type = "StandardSSD_LRS"
  create_option        = "Empty"
  disk_size_gb         = var.data_disk_gib
  tags                 = local.tags

  # Nobody can download it by a link.
  public_network_access_enabled = false
  network_access_policy         = "DenyAll"
}

# Another release, or another setting, makes the machine anew; address and data disk stay, and the passwords with them.
resource "azurerm_linux_virtual_machine" "main" {
  name                            = var.name
  resource_group_name             = azurerm_resource_group.main.name
  location                        = azurerm_resource_group.main.location
  size                            = var.vm_size
  admin_username                  = var.admin_username
  disable_password_authentication = true
  network_interface_ids           = [azurerm_network_interface.main.id]
  tags                            = local.tags

  admin_ssh_key {
    username   = var.admin_username
    public_key = var.ssh_public_key
  }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "StandardSSD_LRS"
    disk_size_gb         = 30
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  custom_data = base64encode(templatefile("${path.module}/cloud-init.yaml.tftpl", {
    environment    = local.environment
    release        = var.release
    release_url    = "https://github.com/${var.repository}/releases/download/${var.release}/quantstream-${var.release}.tar.gz"
    release_sha256 = var.release_sha256
  }))

  # Serial console and screenshot, for a machine that does not answer.
  boot_diagnostics {}

  # The firewall first, then a machine behind it.
  depends_on = [azurerm_subnet_network_security_group_association.main, azurerm_network_security_rule.ssh]
}

# cloud-init waits for this disk, which appears only once the machine exists.
resource "azurerm_virtual_machine_data_disk_attachment" "data" {
  managed_disk_id    = azurerm_managed_disk.data.id
  virtual_machine_id = azurerm_linux_virtual_machine.main.id
  lun                = 0
  caching            = "None"
}
