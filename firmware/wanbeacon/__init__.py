# SPDX-License-Identifier: MIT
VERSION = "0.2.0"

#: Folder of the data: providers, CA roots, words, the table of settings. A composition root whose data lies
#: elsewhere than beside the package says so here.
catalogue = ("" if __file__[:1] == "/" else "./") + __file__
catalogue = catalogue.rsplit("/", 2)[0] + "/catalogue"
