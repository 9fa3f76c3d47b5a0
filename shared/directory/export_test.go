package directory

// These let a test ask for one step of an import.
var (
	Check     = check
	NewKeySet = newKeySet
)

func (s keySet) Has(key string) bool { return s.has(key) }
func (s keySet) Add(key string)      { s.add(key) }
