package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"time"
)

// file is a file of an archive.
type file struct {
	// from is the file to copy, or text is the content.
	from, text string
	executable bool
}

// modified is the modification time of every file: the earliest time that a ZIP file can have, because the CDK CLI zips
// the functions.
var modified = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// writeArchive writes an archive with files, by name, in a folder. level is a level of package gzip.
func writeArchive(w io.Writer, level int, folder string, files map[string]file) error {
	compressed, err := gzip.NewWriterLevel(w, level)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(compressed)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := files[name].write(archive, path.Join(folder, name)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return errors.Join(archive.Close(), compressed.Close())
}

func (f file) write(archive *tar.Writer, name string) error {
	text := []byte(f.text)
	if f.from != "" {
		var err error
		if text, err = os.ReadFile(f.from); err != nil {
			return err
		}
	}
	header := &tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644, ModTime: modified, Format: tar.FormatUSTAR}
	if f.executable {
		header.Mode = 0o755
	}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err := archive.Write(text)
	return err
}
