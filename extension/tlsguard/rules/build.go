package rules

// partialReloadGate restarts receivers on a reload without telling any
// extension: the guard would never see the new receivers.
const partialReloadGate = "service.partialReload"

// checkBuild holds TG060 and TG061: facts about the process.
func checkBuild(ctx *verdict) {
	if ctx.input.Environment.FeatureGates[partialReloadGate] {
		ctx.add("TG060", Error, Path("feature_gates", partialReloadGate), "restarts receivers on a reload without asking the guard", "start without --feature-gates="+partialReloadGate)
	}
	if ctx.policy.FIPS == FIPSRequired && !ctx.input.Environment.FIPS {
		ctx.add("TG061", Error, Path("extensions", "tls_guard", "fips"), "the FIPS 140-3 module is required and off", "start with GODEBUG=fips140=on or a build with GOFIPS140")
	}
}
