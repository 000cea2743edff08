package rules

// checkCertificates holds TG011 to TG014.
func checkCertificates(*verdict) {}
