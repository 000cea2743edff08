package detect

import "slices"

// All returns every detector, in the order of the documentation.
func All() []Detector {
	return slices.Concat(structured(), families())
}

// structured lists the detectors of values with a structure of their own.
func structured() []Detector {
	return []Detector{
		paymentCard(),
		email(),
		jwt(),
		privateKey(),
		httpAuth(),
		urlUserinfo(),
		secretParam(),
		cookie(),
	}
}
