package sam

import (
	"slices"
	"strings"
)

// Variables returns the function's variables as NAME=value, for a process that one
// secret serves: every variable that names a secret names this one. A deployment has
// several, for different readers. What an intrinsic function gives in a deployment
// comes from the values; what is not there is left out.
func (f Function) Variables(secretARN string, values map[string]string) []string {
	var list []string
	for name, v := range f.Environment {
		value := v.Literal
		switch {
		case strings.HasSuffix(name, "SECRET_ARN"):
			value = secretARN
		case v.Intrinsic:
			value = values[name]
		}
		if value != "" {
			list = append(list, name+"="+value)
		}
	}
	slices.Sort(list)
	return list
}
