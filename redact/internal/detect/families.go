package detect

// families lists the detectors of vendors, countries and networks.
func families() []Detector {
	return []Detector{}
}
