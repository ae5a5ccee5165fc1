// Package scenarios holds the scenario files that come with the simulator.
//
// Model: one JSON file per scenario, of the form that README.md describes; its name is the file's without ".json".
//
// Guarantees: each is played by a test.
//
// Failures: none; an unknown name is not found.
package scenarios

import (
	"embed"
	"strings"
)

//go:embed *.json
var files embed.FS

const ending = ".json"

// Names lists the scenarios in alphabetical order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil { // cannot happen: the files are in the program
		return nil
	}
	names := make([]string, len(entries))
	for n, e := range entries {
		names[n] = strings.TrimSuffix(e.Name(), ending)
	}
	return names
}

// Read gives a scenario's text.
func Read(name string) ([]byte, bool) {
	text, err := files.ReadFile(name + ending)
	return text, err == nil
}
