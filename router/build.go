//go:build !dev

package main

// buildVerbs are the verbs that only some builds have: the ordinary one has none, so that nothing of the development
// environment is in the image.
func buildVerbs() []verb { return nil }
