/* sigill: without a sub-command the full screen, with one the command line. The first frame is painted before anything slow begins
 * (certificates, the store, the network). */
#include <stdio.h>
#include <string.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "cli/cli.h"
#include "ui/app.h"
#include "ui/linear.h"
#include "ui/term.h"

static int full_screen(const struct sg_config *cfg, const char *theme, bool utf8)
{
    static struct sg_app app;
    struct sg_error e = { 0 };
    const char *unfit = sg_term_unfit();
    if (unfit) {
        fprintf(stderr, "sigill: %s\n", unfit);
        return sg_err_exit(SG_E_USAGE);
    }
    if (sg_app_init(&app, cfg, &e) != SG_E_OK || sg_term_open(utf8, &e) != SG_E_OK)
        return sg_cli_failed(&e, false);
    sg_log_open(-1, SG_LOG_ERROR);
    sg_app_theme(&app, theme ? theme : cfg->theme);
    int status = sg_app_loop(&app);
    sg_term_close();
    sg_app_free(&app);
    return status;
}

/* The configuration's language counts when neither --lang nor the environment's own choice says otherwise. */
static int interactive(const struct sg_cli_args *args)
{
    static struct sg_config cfg;
    struct sg_error e = { 0 };
    bool utf8 = sg_i18n_init(args->lang) == 0;
    if (sg_config_load(args->profile, &cfg, &e) != SG_E_OK)
        return sg_cli_failed(&e, false);
    if (args->drill && sg_config_drill(&cfg, &e) != SG_E_OK)
        return sg_cli_failed(&e, false);
    if (!args->lang && cfg.lang[0])
        utf8 = sg_i18n_init(cfg.lang) == 0;
    if (args->theme && !sg_theme_named(args->theme)) {
        fprintf(stderr, _("sigill: there is no theme “%s”; there are dark, light, high-contrast and mono\n"), args->theme);
        return sg_err_exit(SG_E_USAGE);
    }
    if (args->linear) {
        sg_term_set_utf8(utf8);
        if (cfg.drill)
            sg_out_drill(false);
        return sg_linear_run(&cfg);
    }
    return full_screen(&cfg, args->theme, utf8);
}

int main(int argc, char **argv)
{
    struct sg_cli_args args = { 0 };
    struct sg_error e = { 0 };
    sg_process_harden();
    sg_i18n_init(NULL);
    if (sg_cli_parse(argc, argv, &args, &e) != SG_E_OK)
        return sg_cli_failed(&e, args.json);
    if (args.first < argc || args.help || args.version)
        return sg_cli_run(argc, argv, &args);
    return interactive(&args);
}
