/* SPDX-License-Identifier: Apache-2.0 */
#include "input/parser.h"

const struct parser_ops *const parser_table[] = {
    &parser_postfix,
    &parser_exim,
    &parser_sendmail,
    NULL,
};
