package pgserver

import (
	"os"
	"strings"
)

// unsetClientVariables unsets libpq's variables in this process, such as PGSERVICE and PGTARGETSESSIONATTRS. pgx reads them, and they
// would change the meaning of our URLs. PG_BINDIR stays; it is not libpq's.
func unsetClientVariables() {
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "PG") && !strings.HasPrefix(name, "PG_") {
			_ = os.Unsetenv(name)
		}
	}
}
