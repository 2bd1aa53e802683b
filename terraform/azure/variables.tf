variable "subscription_id" {
  description = "The Azure subscription that pays: az account show --query id --output tsv"
  type        = string
}

variable "allowed_cidrs" {
  description = "IPv4 networks from which SSH and Grafana can be reached, such as [\"203.0.113.7/32\"]. Your own address: curl -4 https://ifconfig.me"
  type        = list(string)

  validation {
    condition     = length(var.allowed_cidrs) > 0
    error_message = "Name at least one network: without one, nobody could reach the machine."
  }
  # cidrnetmask knows IPv4 only, and the machine has an IPv4 address only.
  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "Each entry must be an IPv4 network, such as 203.0.113.7/32; the machine has no IPv6 address."
  }
  # Two halves of the internet (0.0.0.0/1 and 128.0.0.0/1) are the internet as well. The largest network that one organisation owns is a /8.
  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : try(tonumber(split("/", cidr)[1]), 0) >= 8])
    error_message = "A network wider than /8, such as 0.0.0.0/0, opens the login pages to strangers. Name your own network."
  }
}

variable "ssh_public_key" {
  description = "Your public key, the contents of a file such as ~/.ssh/id_ed25519.pub. There is no password login"
  type        = string

  validation {
    condition     = can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp256|ecdsa-sha2-nistp384|ecdsa-sha2-nistp521) [A-Za-z0-9+/=]+", var.ssh_public_key))
    error_message = "Expected the text of a public key: ssh-ed25519 AAAA…"
  }
}

variable "repository" {
  description = "The GitHub repository whose release runs, as OWNER/NAME"
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "Expected OWNER/NAME."
  }
}

variable "release" {
  description = "The tag of the release, such as v0.1.0"
  type        = string

  validation {
    condition     = can(regex("^v[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.]+)?$", var.release))
    error_message = "Expected a tag such as v0.1.0."
  }
}

variable "release_sha256" {
  description = "SHA-256 of quantstream-TAG.tar.gz, from quantstream-TAG.tar.gz.sha256 on the page of the release: the machine runs nothing else"
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.release_sha256))
    error_message = "Expected 64 hexadecimal digits in lower case."
  }
}

variable "image" {
  description = "The image of the engines. Empty: ghcr.io/OWNER/NAME with the version of the release; better OWNER/NAME@sha256:…, from the page of the release"
  type        = string
  default     = ""
}

variable "source_of_trades" {
  description = "live: Binance. simulator: an exchange that is made up"
  type        = string
  default     = "live"

  validation {
    condition     = contains(["live", "simulator"], var.source_of_trades)
    error_message = "Expected live or simulator."
  }
}

variable "open_grafana" {
  description = "Whether port 3000 is open to allowed_cidrs. It is plain HTTP; false: Grafana listens on the machine itself, for an SSH tunnel (output tunnel_command)"
  type        = bool
  default     = true
}

variable "name" {
  description = "Names the resource group and everything in it"
  type        = string
  default     = "quantstream"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "Expected 3 to 32 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "location" {
  description = "The Azure region. Binance refuses addresses of some countries, the United States among them"
  type        = string
  default     = "westeurope"
}

variable "vm_size" {
  description = "2 cores and 8 GiB; the containers together are limited to 3.25 GiB"
  type        = string
  default     = "Standard_D2as_v4"
}

variable "admin_username" {
  description = "The user who logs in by SSH"
  type        = string
  default     = "quantstream"
}

variable "data_disk_gib" {
  description = "Size of the disk that holds the volumes of Docker and the dumps"
  type        = number
  default     = 64

  validation {
    condition     = var.data_disk_gib >= 32 && floor(var.data_disk_gib) == var.data_disk_gib
    error_message = "Expected a whole number, 32 or more."
  }
}
