# Fills the documents of ../../policies. Without provider or resource of its
# own, so that `terraform plan` here needs neither network nor credentials.

variable "partition" {
  type    = string
  default = "aws"
}

variable "region" {
  type = string
}

variable "account_id" {
  type = string
}

variable "bucket" {
  type = string
}

variable "archive_key_arn" {
  type = string
}

variable "spool_key_arn" {
  type = string
}

variable "collector_role_arn" {
  type = string
}

variable "investigator_role_arn" {
  type = string
}

locals {
  directory = "${path.module}/../../policies"
  values = {
    partition             = var.partition
    region                = var.region
    account_id            = var.account_id
    bucket                = var.bucket
    archive_key_arn       = var.archive_key_arn
    spool_key_arn         = var.spool_key_arn
    collector_role_arn    = var.collector_role_arn
    investigator_role_arn = var.investigator_role_arn
  }
}

output "documents" {
  description = "File name to policy text."
  value = {
    for name in fileset(local.directory, "*.json") :
    name => templatefile("${local.directory}/${name}", local.values)
  }
}
