// Parses the Alloy configurations named on the command line; says line and column of what is wrong.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/alloy/syntax/parser"
)

func main() {
	failed := false
	for _, name := range os.Args[1:] {
		content, err := os.ReadFile(name)
		if err == nil {
			_, err = parser.ParseFile(name, content)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
