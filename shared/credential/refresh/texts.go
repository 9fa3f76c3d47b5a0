package refresh

// Texts handles refresh tokens as the texts that clients keep, for an operation
// that knows neither what a token holds nor how it is made.
type Texts struct{ Keys Keys }

// Begin returns the first token of a session and its hash.
func (t Texts) Begin(session string) (token string, hash []byte) {
	first := t.Keys.First(session)
	return t.Keys.Text(first), first.Hash()
}

// Parse returns the session, the generation and the hash of a token that was
// made with these keys, and false for any other text.
func (t Texts) Parse(token string) (session string, generation int64, hash []byte, ok bool) {
	parsed, ok := t.Keys.Open(token)
	if !ok {
		return "", 0, nil, false
	}
	return parsed.Session, parsed.Generation, parsed.Hash(), true
}

// Next returns the token that follows one that Parse took, and its hash.
func (t Texts) Next(token string) (next string, hash []byte) {
	parsed, _ := t.Keys.Open(token)
	child := t.Keys.Child(parsed)
	return t.Keys.Text(child), child.Hash()
}
