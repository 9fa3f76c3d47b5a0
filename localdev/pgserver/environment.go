package pgserver

import (
	"os"
	"strings"
)

// unsetClientVariables unsets libpq's variables in this process: PGSERVICE, PGTARGETSESSIONATTRS and others. pgx heeds them, and
// a URL of ours would not mean what it says, or not be understood. PG_BINDIR is no variable of libpq's.
func unsetClientVariables() {
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "PG") && !strings.HasPrefix(name, "PG_") {
			_ = os.Unsetenv(name)
		}
	}
}
