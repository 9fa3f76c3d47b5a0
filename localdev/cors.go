package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"roster/localdev/gateway"
)

// corsOrigin is an exact origin, or one with every port.
var corsOrigin = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:([0-9]{1,5}|\*))?$`)

// corsOrigins returns the origins of CORS_ORIGINS.
func corsOrigins(values map[string]string) (origins []string, err error) {
	for origin := range strings.FieldsFuncSeq(values["CORS_ORIGINS"], func(r rune) bool { return r == ',' || r == ' ' }) {
		if !corsOrigin.MatchString(origin) {
			return nil, errors.New("must be origins such as http://localhost:5173 or http://localhost:*, separated by commas, without a slash at the end")
		}
		origins = append(origins, origin)
	}
	return origins, nil
}

// cors returns the CORS configuration of the API in template.yaml, with the origins
// of CORS_ORIGINS.
func (p *stack) cors() gateway.Cors {
	origins, _ := corsOrigins(p.settings.values) // check has reported an error
	api, _ := p.template.Resource("Api")["Properties"].(map[string]any)
	choice, _ := api["CorsConfiguration"].(map[string]any)
	branches, _ := choice["Fn::If"].([]any)
	if len(branches) != 3 {
		return gateway.Cors{}
	}
	given, _ := branches[1].(map[string]any)
	age, _ := given["MaxAge"].(int)
	return gateway.Cors{
		Origins: origins, MaxAge: age,
		Methods: texts(given["AllowMethods"]), AllowHeaders: texts(given["AllowHeaders"]), ExposeHeaders: texts(given["ExposeHeaders"]),
	}
}

func texts(value any) (list []string) {
	items, _ := value.([]any)
	for _, item := range items {
		list = append(list, fmt.Sprint(item))
	}
	return list
}
