#include "core/base/lib.h"

#include "core/base/i18n.h"
#include "core/base/log.h"

#include <dlfcn.h>
#include <string.h>

static int not_there(const char *soname, const char *package, struct err *err)
{
	err_set(err, ERR_UNSUPPORTED, _("%s is not installed"), soname);
	if (*package)
		err_hint(err, _("install the package %s"), package);
	else
		err_hint(err, _("install the package that brings %s"), soname);
	return ERR_UNSUPPORTED;
}

int lib_load(const char *soname, const char *package, const char *const *names, size_t n,
	     void *table, struct err *err)
{
	void *so = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	if (!so) {
		log_debug("%s", dlerror());
		return not_there(soname, package, err);
	}
	for (size_t i = 0; i < n; i++) {
		void *f = dlsym(so, names[i]);
		if (!f)
			return err_set(err, ERR_UNSUPPORTED, _("%s lacks %s: another version?"),
				       soname, names[i]);
		memcpy((char *)table + i * sizeof(f), &f, sizeof(f));
	}
	return 0;
}
