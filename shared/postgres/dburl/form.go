package dburl

import (
	"fmt"
	"strings"
	"unicode"
)

// Trim removes what an editor or a shell leaves around a URL: space, line ends
// and a byte order mark.
func Trim(url string) string {
	return strings.TrimFunc(url, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
}

// checkForm refuses a text that is meant as a URL and that pgx would take for
// keywords and values: it would connect to another host, without TLS.
func checkForm(variable, url string) error {
	isURL := strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
	switch {
	case isURL && strings.ContainsFunc(url, unicode.IsSpace):
		return fmt.Errorf("%s has a space or a line end in it; write a space as %%20", variable)
	case !isURL && (strings.Contains(url, "://") || strings.ContainsAny(url[:min(1, len(url))], `"'<`)):
		return fmt.Errorf("%s must begin with postgres:// or postgresql://, in lower case, without quotes around it", variable)
	}
	return nil
}

// parameters are the settings of a session that the server may be sent. pgx sends
// every keyword that it does not know, so a misspelled one would be refused only
// by the server, whose error would be taken for an outage.
var parameters = map[string]bool{
	"application_name": true, "client_encoding": true, "options": true, "search_path": true, "timezone": true, "datestyle": true,
	"statement_timeout": true, "lock_timeout": true, "idle_in_transaction_session_timeout": true, "idle_session_timeout": true,
	"default_transaction_read_only": true, "default_transaction_isolation": true, "replication": true,
	"jit": true, "plan_cache_mode": true, "work_mem": true, "extra_float_digits": true, "intervalstyle": true, "role": true,
	"row_security": true, "transaction_timeout": true, "tcp_user_timeout": true,
	"tcp_keepalives_idle": true, "tcp_keepalives_interval": true, "tcp_keepalives_count": true, "pgbouncer": true,
}

// checkParameters refuses a keyword that nobody knows. It shows none, because a
// part of a password may be in its place.
func checkParameters(variable string, given map[string]string) error {
	for name := range given {
		if !parameters[strings.ToLower(name)] {
			return fmt.Errorf("%s has a keyword that is not known; if a password has one of the characters / ? # & =, write it percent-encoded, such as %%3F for ?", variable)
		}
	}
	return nil
}
