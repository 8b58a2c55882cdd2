/** Primary subtags of the locales in Microsoft's table of supported languages, "Speech to text". */
export const recognisedLanguages: readonly string[] =
  'af am ar as az bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja jv ka kk km kn ko lo lt lv mk ml mn mr ms mt my nb ne nl or pa pl ps pt ro ru si sk sl so sq sr sv sw ta te th tr uk ur uz vi wuu yue zh zu'.split(
    ' ',
  );

/** The same of "Text to speech". */
export const spokenLanguages: readonly string[] =
  'af am ar as az bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it iu ja jv ka kk km kn ko lo lt lv mk ml mn mr ms mt my nb ne nl or pa pl ps pt ro ru si sk sl so sq sr su sv sw ta te th tr uk ur uz vi wuu yue zh zu'.split(
    ' ',
  );
