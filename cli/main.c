#include "cli/app.h"
#include "core/base/i18n.h"

int main(int argc, char **argv)
{
	i18n_init();
	return app_main(argc, argv);
}
