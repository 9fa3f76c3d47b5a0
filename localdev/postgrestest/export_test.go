package postgrestest

// ParseStatements returns the statements in a log.
func ParseStatements(log string) []string {
	var all []string
	for _, e := range parseLog(log) {
		if s, ok := e.statement(); ok {
			all = append(all, s)
		}
	}
	return all
}
