/*
 * Files: upload and authenticated download, streamed.
 */
#ifndef MUSTER_CLIENT_MEDIA_H
#define MUSTER_CLIENT_MEDIA_H

#include "core/client/client.h"

typedef void media_progress_fn(int64_t done, int64_t total, void *arg);

/** *ret_uri (mxc://...) is owned by the caller. The server's size limit is asked first. */
int client_upload(struct client *c, const char *path, const char *mimetype, const char *filename,
		  media_progress_fn *progress, void *arg, char **ret_uri, struct err *err);
/**
 * `what`: mxc:// URI, or the event id of a message with a file (`room_id` may be
 * NULL then when the cache knows the event). `out`: a path (0600, whole or not
 * at all; a folder takes the file's own name, cleaned), "-": stdout, NULL: the
 * file's own name here. An existing file is ERR_CONFLICT unless `force`.
 * *ret: path, size, mimetype, url.
 */
int client_file_get(struct client *c, const char *room_id, const char *what, const char *out,
		    bool force, media_progress_fn *progress, void *arg, json_t **ret,
		    struct err *err);
/** By the file's ending; "application/octet-stream" otherwise. Static. */
const char *media_type_of(const char *path);
/** Bytes the server takes, or -1 when it does not say. */
int client_upload_limit(struct client *c, int64_t *ret, struct err *err);

#endif
