package settings

import (
	"maps"
	"reflect"
	"sync"
)

// recentSecret is a Secret that says what it would answer without a read, as
// secrets.Secret does: the same map until it was read again, and nil when a read
// is due.
type recentSecret interface{ Recent() map[string]string }

// merged are the values of all secrets and of the process, as they were merged last.
// Each request asks for the values, and they hardly ever change.
type merged struct {
	mu     sync.Mutex
	of     []map[string]string // the members of each secret, which are in values
	values map[string]string
}

// recent returns the values without a read, or nil if a read is due.
func (e *Environment) recent() map[string]string {
	m := e.merged
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := len(m.of) != len(e.sources)
	of := make([]map[string]string, len(e.sources))
	for i, s := range e.sources {
		secret, ok := s.secret.(recentSecret)
		if !ok {
			return nil
		}
		if of[i] = secret.Recent(); of[i] == nil {
			return nil
		}
		changed = changed || !isSame(of[i], m.of[i])
	}
	if changed {
		values := map[string]string{}
		for i, s := range e.sources {
			s.remember(of[i])
			maps.Copy(values, of[i])
		}
		m.of, m.values = of, e.addEnviron(values)
	}
	return m.values
}

// isSame reports whether two maps are one.
func isSame(a, b map[string]string) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}
