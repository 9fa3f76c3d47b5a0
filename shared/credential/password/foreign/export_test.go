package foreign

// FormatNames returns the names of all formats that are verified.
func FormatNames() (names []string) {
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Prefixes returns the beginnings of all hashes that are verified or refused.
func Prefixes() (all []string) {
	for _, f := range formats {
		all = append(all, f.prefix)
	}
	for _, r := range refused {
		all = append(all, r.prefix)
	}
	return all
}
