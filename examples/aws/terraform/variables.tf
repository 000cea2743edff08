variable "name" {
  type        = string
  description = "Prefix of the role names."
  default     = "otelcol-sealed"
}

variable "region" {
  type        = string
  description = "Region of bucket and keys."
}

variable "bucket" {
  type        = string
  description = "Name of the archive bucket."
}

variable "collector_trust_policy" {
  type        = string
  description = "Who may assume the collector role, as JSON. Empty: EC2 instances. For EKS, a policy for the cluster's OIDC provider."
  default     = ""
}

variable "retention_days" {
  type        = number
  description = "Age at which objects expire."
  default     = 400
}

variable "object_lock_mode" {
  type        = string
  description = "GOVERNANCE, or COMPLIANCE: then nobody can shorten it, the account's root included."
  default     = "GOVERNANCE"
  validation {
    condition     = contains(["GOVERNANCE", "COMPLIANCE"], var.object_lock_mode)
    error_message = "object_lock_mode must be GOVERNANCE or COMPLIANCE."
  }
}

variable "object_lock_days" {
  type        = number
  description = "Days for which an object can't be deleted or overwritten."
  default     = 90
}
