// Command release writes the archives of a release, one for each kind of machine, and SHA256SUMS. The same inputs give
// the same bytes on every machine. Usage, in the project's directory:
//
//	release VERSION PROGRAMS DIST OS-ARCH...
//
// The folder PROGRAMS/OS-ARCH has the compiled CDK app and the compiled operator's command. build/functions has the
// compiled functions.
package main

import (
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, "usage: release VERSION PROGRAMS DIST OS-ARCH...")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run replaces the folder dist.
func run(version, programs, dist string, platforms []string) error {
	if err := errors.Join(os.RemoveAll(dist), os.Mkdir(dist, 0o755)); err != nil {
		return err
	}
	var sums strings.Builder
	for _, platform := range platforms {
		r := release{version: version, platform: platform, root: ".", level: gzip.BestCompression,
			programs: filepath.Join(programs, platform), functions: "build/functions"}
		name := r.name() + "-" + platform + ".tar.gz"
		sum, err := writeFile(filepath.Join(dist, name), r)
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		fmt.Fprintf(&sums, "%x  %s\n", sum, name)
	}
	return os.WriteFile(filepath.Join(dist, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// writeFile writes an archive, and returns its SHA-256.
func writeFile(path string, r release) (sum []byte, err error) {
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	err = writeArchive(io.MultiWriter(file, hash), r.level, r.name(), files)
	return hash.Sum(nil), errors.Join(err, file.Close())
}
