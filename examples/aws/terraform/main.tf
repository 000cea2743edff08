terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {
  region = var.region
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  # Key policies name the roles, role policies name the keys. Role names are
  # fixed, so their ARNs are known before the roles exist; depends_on makes KMS
  # find them.
  collector_role_arn    = "arn:${local.partition}:iam::${local.account_id}:role/${var.name}-collector"
  investigator_role_arn = "arn:${local.partition}:iam::${local.account_id}:role/${var.name}-investigator"
}

module "keyless" {
  source                = "./render"
  partition             = local.partition
  region                = var.region
  account_id            = local.account_id
  bucket                = var.bucket
  archive_key_arn       = "unused"
  spool_key_arn         = "unused"
  collector_role_arn    = local.collector_role_arn
  investigator_role_arn = local.investigator_role_arn
}

module "policies" {
  source                = "./render"
  partition             = local.partition
  region                = var.region
  account_id            = local.account_id
  bucket                = var.bucket
  archive_key_arn       = aws_kms_key.archive.arn
  spool_key_arn         = aws_kms_key.spool.arn
  collector_role_arn    = local.collector_role_arn
  investigator_role_arn = local.investigator_role_arn
}

# Roles

resource "aws_iam_role" "collector" {
  name               = "${var.name}-collector"
  assume_role_policy = var.collector_trust_policy != "" ? var.collector_trust_policy : module.keyless.documents["collector-trust.json"]
}

resource "aws_iam_role_policy" "collector" {
  name   = "archive-and-spool"
  role   = aws_iam_role.collector.id
  policy = module.policies.documents["collector-role.json"]
}

# An instance takes a role through a profile only.
resource "aws_iam_instance_profile" "collector" {
  count = var.collector_trust_policy == "" ? 1 : 0
  name  = "${var.name}-collector"
  role  = aws_iam_role.collector.name
}

resource "aws_iam_role" "investigator" {
  name                 = "${var.name}-investigator"
  assume_role_policy   = module.keyless.documents["investigator-trust.json"]
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "investigator" {
  name   = "read-archive"
  role   = aws_iam_role.investigator.id
  policy = module.policies.documents["investigator-role.json"]
}

# Keys

resource "aws_kms_key" "archive" {
  description             = "${var.name} telemetry archive"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = module.keyless.documents["archive-key.json"]
  depends_on              = [aws_iam_role.collector, aws_iam_role.investigator]

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_key" "spool" {
  description             = "${var.name} collector spool"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = module.keyless.documents["spool-key.json"]
  depends_on              = [aws_iam_role.collector, aws_iam_role.investigator]

  lifecycle {
    prevent_destroy = true
  }
}

# Bucket

resource "aws_s3_bucket" "archive" {
  bucket              = var.bucket
  object_lock_enabled = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "archive" {
  bucket = aws_s3_bucket.archive.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "archive" {
  bucket                  = aws_s3_bucket.archive.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "archive" {
  bucket = aws_s3_bucket.archive.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.archive.arn
    }
  }
}

resource "aws_s3_bucket_policy" "archive" {
  bucket     = aws_s3_bucket.archive.id
  policy     = module.policies.documents["bucket.json"]
  depends_on = [aws_s3_bucket_public_access_block.archive]
}

resource "aws_s3_bucket_object_lock_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id
  rule {
    default_retention {
      mode = var.object_lock_mode
      days = var.object_lock_days
    }
  }
  depends_on = [aws_s3_bucket_versioning.archive]
}

resource "aws_s3_bucket_lifecycle_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id
  rule {
    id     = "retention"
    status = "Enabled"
    filter {
      prefix = ""
    }
    expiration {
      days = var.retention_days
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
  depends_on = [aws_s3_bucket_versioning.archive]
}
