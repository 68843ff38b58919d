package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestArchiveIsReproducible: times and modes of the files have no effect.
func TestArchiveIsReproducible(t *testing.T) {
	path := filepath.Join(t.TempDir(), "program")
	pack := func(mode os.FileMode, modified time.Time) []byte {
		if err := os.WriteFile(path, []byte("program"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, modified, modified); err != nil {
			t.Fatal(err)
		}
		var archive bytes.Buffer
		files := map[string]file{"b/program": {from: path, executable: true}, "a": {text: "text"}, "c": {text: "c"}}
		if err := writeArchive(&archive, gzip.BestCompression, "folder", files); err != nil {
			t.Fatal(err)
		}
		return archive.Bytes()
	}
	first := pack(0o600, time.Unix(1e9, 0))
	if !bytes.Equal(first, pack(0o755, time.Now())) {
		t.Error("the bytes differ")
	}
}

// TestLicenses: a module without a license is an error; those in folders above a package count.
func TestLicenses(t *testing.T) {
	dir := t.TempDir()
	below := filepath.Join(dir, "a/b")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	m := module{name: "example.com/m v1", dir: dir, folders: []string{below}}
	if _, err := m.licenses(); err == nil || !strings.Contains(err.Error(), "module example.com/m v1 has no license") {
		t.Errorf("error is %v", err)
	}
	for _, name := range []string{"License.md", "a/NOTICE", "a/b/license.go"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := m.licenses(); err != nil || len(got) != 2 {
		t.Errorf("got %q, %v", got, err)
	}
}
