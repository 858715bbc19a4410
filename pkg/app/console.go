package app

import (
	"io/fs"

	"ticketsystem/pkg/api"
)

// Console returns the endpoint of the web console, from the files below dist in files.
func (a *App) Console(files fs.FS) api.Endpoint {
	built, err := fs.Sub(files, "dist")
	if err != nil {
		a.Fail("dist", err)
	}
	endpoint, err := api.ServeConsole(api.Console{
		Files: built, SocketOrigin: a.origin("SOCKET_URL", a.Required("SOCKET_URL")), FilesOrigin: a.filesOrigin(),
		Settings: api.ConsoleSettings{
			Version: a.String("VERSION", ""), Stage: a.String("STAGE", ""), Region: a.defaultRegion(),
			ReopenDays: a.reopenDays(), MaxFileMiB: a.MaxFileMiB(),
		},
	})
	if err != nil {
		a.Fail("dist", err)
	}
	return endpoint
}

// filesOrigin returns the origin of presigned URLs, as pkg/blob makes them.
func (a *App) filesOrigin() string {
	if endpoint := a.String("AWS_ENDPOINT_URL_S3", a.String("AWS_ENDPOINT_URL", "")); endpoint != "" {
		return a.origin("AWS_ENDPOINT_URL_S3", endpoint)
	}
	return "https://" + a.Required("BUCKET_NAME") + ".s3." + a.Required("AWS_REGION") + ".amazonaws.com"
}
