package detect

// families lists the detectors of vendors, countries and networks.
func families() []Detector {
	return []Detector{
		iban(),
		usSSN(),
		usITIN(),
		ukNHS(),
		ukNINO(),
		frNIR(),
		deTaxID(),
		esDNI(),
		esNIE(),
		itCF(),
		nlBSN(),
		beNN(),
		sePersonnummer(),
		zaID(),
		caSIN(),
		fiHETU(),
		plPESEL(),
		brCPF(),
		brCNPJ(),
		inAadhaar(),
		inPAN(),
		auTFN(),
		auMedicare(),
		cnResidentID(),
		usABA(),
		usNPI(),
		usDEA(),
	}
}
