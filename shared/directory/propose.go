package directory

import (
	"strings"
)

// ProposeUsername returns a username for one that the rules refuse, or "" if it
// has too little to go on. Whether another account has it is not known here.
func ProposeUsername(given string, rules Rules) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '.' || r == '_' || r == '-':
			return r
		case r == ' ' || r == '@' || r == '+':
			return '.'
		}
		return -1
	}, strings.ToLower(plain(given)))
	name = strings.Trim(name[:min(len(name), 32)], "._-")
	for _, proposal := range []string{name, name + "1", name + "01", name + ".user"} {
		if canonical, reason := rules.Username(proposal, false); reason == "" && name != "" {
			return canonical
		}
	}
	return ""
}

// plain replaces the Latin letters with marks that names often have.
func plain(s string) string {
	return strings.NewReplacer(
		"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "æ", "ae", "Æ", "Ae", "ø", "o", "Ø", "O", "å", "a", "Å", "A",
		"á", "a", "à", "a", "â", "a", "ã", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "í", "i", "ì", "i", "î", "i", "ï", "i",
		"ó", "o", "ò", "o", "ô", "o", "õ", "o", "ú", "u", "ù", "u", "û", "u", "ñ", "n", "ç", "c", "š", "s", "ž", "z", "č", "c", "ř", "r",
		"ł", "l", "ń", "n", "ś", "s", "ź", "z", "ż", "z", "ą", "a", "ę", "e", "ć", "c", "ý", "y", "ě", "e", "ů", "u", "ğ", "g", "ş", "s", "ı", "i",
	).Replace(s)
}
