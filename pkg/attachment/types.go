package attachment

import (
	"maps"
	"mime"
	"slices"
)

// extensionsByType lists the accepted media types and their file extensions.
var extensionsByType = map[string][]string{
	"image/png":       {"png"},
	"image/jpeg":      {"jpg", "jpeg", "jfif"},
	"image/webp":      {"webp"},
	"image/gif":       {"gif"},
	"image/heic":      {"heic", "heif"},
	"image/heif":      {"heif", "heic"},
	"application/pdf": {"pdf"},
	"text/plain":      {"txt", "log"},
	"text/csv":        {"csv"},
	"video/mp4":       {"mp4", "m4v"},
	"video/quicktime": {"mov", "qt"},
	"video/webm":      {"webm"},
	"video/ogg":       {"ogv", "ogg"},
	"audio/mp4":       {"m4a", "mp4"},
	"audio/mpeg":      {"mp3"},
	"audio/wav":       {"wav"},
	"audio/webm":      {"webm"},
	"audio/ogg":       {"ogg", "oga", "opus"},
	"application/zip": {"zip"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   {"docx"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         {"xlsx"},
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": {"pptx"},
}

// typeAliases lists other names that browsers and operating systems use.
var typeAliases = map[string]string{
	"image/jpg":                    "image/jpeg",
	"image/pjpeg":                  "image/jpeg",
	"image/x-png":                  "image/png",
	"image/heic-sequence":          "image/heic",
	"image/heif-sequence":          "image/heif",
	"application/x-pdf":            "application/pdf",
	"text/x-log":                   "text/plain",
	"text/comma-separated-values":  "text/csv",
	"application/csv":              "text/csv",
	"application/vnd.ms-excel":     "text/csv", // of a .csv file, on Windows with Excel
	"video/x-m4v":                  "video/mp4",
	"audio/m4a":                    "audio/mp4",
	"audio/x-m4a":                  "audio/mp4",
	"audio/mp3":                    "audio/mpeg",
	"audio/x-mp3":                  "audio/mpeg",
	"audio/x-mpeg":                 "audio/mpeg",
	"audio/x-wav":                  "audio/wav",
	"audio/wave":                   "audio/wav",
	"audio/vnd.wave":               "audio/wav",
	"audio/opus":                   "audio/ogg",
	"application/ogg":              "audio/ogg",
	"application/x-zip":            "application/zip",
	"application/x-zip-compressed": "application/zip",
}

// Types returns the accepted media types in alphabetical order, without aliases.
func Types() []string { return slices.Sorted(maps.Keys(extensionsByType)) }

// canonicalType returns a media type in lower case, without parameters, and by its
// usual name. A malformed type is returned as it is.
func canonicalType(mediaType string) string {
	bare, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return mediaType
	}
	if name, isAlias := typeAliases[bare]; isAlias {
		return name
	}
	return bare
}
