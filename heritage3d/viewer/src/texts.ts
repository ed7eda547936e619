/** Every word of the interface, in every language, in one place. */

export const languages = { "zh-Hans": "简体", "zh-Hant": "繁體", en: "English" } as const;
export type Language = keyof typeof languages;

const en = {
  readingRoom: "Digital reading room",
  skip: "Skip to the content",
  language: "Language",
  toDark: "Dark colours",
  toLight: "Light colours",
  search: "Search",
  searchHint: "Title, number, place, material …",
  every: "All",
  objects: (n: number) => (n === 1 ? "1 object" : `${n} objects`),
  found: (n: number, all: number) => `${n} of ${all} objects`,
  nothing: "No object fits. Try fewer or other words.",
  empty: "Nothing has been published here yet.",
  pages: (n: number) => (n === 1 ? "1 image" : `${n} images`),
  models: (n: number) => (n === 1 ? "3D model" : `${n} 3D models`),
  back: "Collection",
  loading: "Loading …",
  noCollection: "The collection cannot be read. Open this page through a web server, for example with: heritage3d serve",
  noObject: "This object is not in the collection.",
  noPage: "This image cannot be shown.",
  noModel: "This model cannot be shown.",
  missingFile: (name: string) => `The file ${name} is missing.`,
  unreadableFile: (name: string) => `The file ${name} cannot be read.`,
  shownInstead: (level: string) => `Shown instead: ${level}.`,
  partsMissing: "Parts of this image could not be loaded.",
  noWebGL: "This browser cannot draw 3D models (WebGL 2 is missing). The files can still be downloaded below.",
  contents: "Pages and models",
  image: "Image",
  model: "3D model",
  previous: "Previous",
  next: "Next",
  goTo: "Go to",
  position: (at: number, all: number) => `${at} of ${all}`,
  zoomIn: "Closer",
  zoomOut: "Farther",
  whole: "Show the whole",
  rotate: "Turn by 90°",
  full: "Full screen",
  scroll: "Unrolled, all in one",
  single: "One at a time",
  imageView: (label: string) => `Deep zoom image: ${label}. Arrow keys move, plus and minus zoom, Page Up and Page Down turn pages.`,
  modelView: (label: string) => `3D model: ${label}. Arrow keys turn it, plus and minus zoom, 0 shows the whole.`,
  light: "Light",
  lightFrom: "Direction of the light",
  lightHeight: "Height of the light",
  raking: "raking",
  frontal: "frontal",
  surfaceOnly: "Shape without colour",
  capturedOnly: "Only what was captured (hide filled holes)",
  detail: "Level of detail",
  modelHint: "Drag to turn, pinch or scroll to come closer.",
  scaleUnknown: "Scale unknown",
  scaleBar: (length: string) => `Scale: the bar is ${length} long`,
  about: "About the object",
  id: "Number",
  dimensions: "Dimensions",
  rights: "Rights",
  holding: "Holding institution",
  evidence: "How faithful is this model?",
  evidenceIntro: "Every level of detail was measured against the master scan. No point of the shown surface is farther from it than the stated figure, and the other way round.",
  evidenceUnknown: "Scale unknown. The unit of the scan is not known: figures are shares of the size of the object (its diagonal).",
  level: "Level",
  triangles: "Triangles",
  size: "Size",
  deviation: "Deviation",
  deviationOf: (bound: string) => `Deviation ${bound}`,
  exact: "none",
  notMeasured: "not measured",
  master: "Master scan",
  download: "Download",
  roles: { preview: "Preview", web: "Web", vr: "VR", full: "Full" } as Record<string, string>,
  notes: "Notes",
  goToNote: "Show this place",
  quality: "How good are the pictures?",
  qualitySummary: (all: number, good: number, warned: number, failed: number) =>
    `${all === 1 ? "1 image was" : `${all} images were`} measured for exposure, focus, motion and bands: ` +
    [`${good} good`, warned && `${warned} to look at`, failed && `${failed} not good enough`].filter(Boolean).join(", ") + ".",
  contactSheet: "Contact sheet",
  verdicts: { pass: "good", warn: "to look at", fail: "not good enough" },
  colourTarget: "Colour target",
  chartAlt: (name: string) => `Colour chart of ${name}: each patch as it should be and as it was measured`,
  stars: (n: number) => `${n} of 4 stars`,
  figures: (n: number) => (n === 1 ? "1 figure with its limit" : `${n} figures with their limits`),
  figure: "Figure",
  value: "Measured",
  limit: "Limit",
  grade: "Grade",
  links: "For researchers",
  manifest: "IIIF manifest",
  record: "Record and evidence",
  plainFile: "File",
  licences: "Software licences",
  madeWith: "Made with heritage3d",
};
export type Texts = typeof en;

const zhHans: Texts = {
  readingRoom: "数字阅览室",
  skip: "跳到正文",
  language: "语言",
  toDark: "深色",
  toLight: "浅色",
  search: "搜索",
  searchHint: "题名、编号、产地、材质……",
  every: "全部",
  objects: (n) => `${n} 件藏品`,
  found: (n, all) => `${all} 件中的 ${n} 件`,
  nothing: "没有符合的藏品。请减少或更换检索词。",
  empty: "这里还没有发布藏品。",
  pages: (n) => `${n} 幅图像`,
  models: (n) => (n === 1 ? "三维模型" : `${n} 个三维模型`),
  back: "馆藏",
  loading: "正在载入……",
  noCollection: "无法读取馆藏目录。请通过网络服务器打开本页，例如运行：heritage3d serve",
  noObject: "馆藏中没有这件藏品。",
  noPage: "无法显示此图像。",
  noModel: "无法显示此模型。",
  missingFile: (name) => `缺少文件 ${name}。`,
  unreadableFile: (name) => `无法读取文件 ${name}。`,
  shownInstead: (level) => `现以“${level}”层次显示。`,
  partsMissing: "此图像有部分未能载入。",
  noWebGL: "此浏览器不能绘制三维模型（缺少 WebGL 2）。仍可在下方下载文件。",
  contents: "书页与模型",
  image: "图像",
  model: "三维模型",
  previous: "上一页",
  next: "下一页",
  goTo: "转到",
  position: (at, all) => `第 ${at} 幅，共 ${all} 幅`,
  zoomIn: "放大",
  zoomOut: "缩小",
  whole: "显示全貌",
  rotate: "旋转 90°",
  full: "全屏",
  scroll: "展开全卷",
  single: "逐幅观看",
  imageView: (label) => `可缩放图像：${label}。方向键移动，加减号缩放，Page Up 和 Page Down 翻页。`,
  modelView: (label) => `三维模型：${label}。方向键旋转，加减号缩放，0 显示全貌。`,
  light: "光照",
  lightFrom: "光线方向",
  lightHeight: "光线高度",
  raking: "侧光",
  frontal: "正光",
  surfaceOnly: "只看形状，不看颜色",
  capturedOnly: "只看实际采集的部分（隐藏补出的孔洞）",
  detail: "细节层次",
  modelHint: "拖动旋转，双指或滚轮缩放。",
  scaleUnknown: "比例未知",
  scaleBar: (length) => `比例尺：线段长 ${length}`,
  about: "藏品信息",
  id: "编号",
  dimensions: "尺寸",
  rights: "版权",
  holding: "收藏机构",
  evidence: "模型有多忠实？",
  evidenceIntro: "每个细节层次都与原始扫描做过测量比较：所示表面上任何一点与原始扫描的距离都不超过下列数值，反之亦然。",
  evidenceUnknown: "比例未知。扫描数据的单位未知：数值为占藏品大小（对角线）的比例。",
  level: "层次",
  triangles: "三角面",
  size: "大小",
  deviation: "偏差",
  deviationOf: (bound) => `偏差 ${bound}`,
  exact: "无",
  notMeasured: "未测量",
  master: "原始扫描",
  download: "下载",
  roles: { preview: "预览", web: "网页", vr: "虚拟现实", full: "完整" },
  notes: "批注",
  goToNote: "显示此处",
  quality: "图像质量如何？",
  qualitySummary: (all, good, warned, failed) =>
    `对 ${all} 幅图像测量了曝光、清晰度、抖动与条纹：` +
    [`${good} 幅良好`, warned && `${warned} 幅需查看`, failed && `${failed} 幅不合格`].filter(Boolean).join("，") + "。",
  contactSheet: "缩略图总览",
  verdicts: { pass: "良好", warn: "需查看", fail: "不合格" },
  colourTarget: "色卡",
  chartAlt: (name) => `${name} 的色卡图：每个色块的标准色与实测色`,
  stars: (n) => `${n} 星（最高 4 星）`,
  figures: (n) => `${n} 项指标与限值`,
  figure: "指标",
  value: "实测",
  limit: "限值",
  grade: "评级",
  links: "供研究使用",
  manifest: "IIIF 清单",
  record: "著录与证据",
  plainFile: "文件",
  licences: "软件许可",
  madeWith: "由 heritage3d 制作",
};

const zhHant: Texts = {
  ...zhHans,
  readingRoom: "數位閱覽室",
  skip: "跳到正文",
  language: "語言",
  toDark: "深色",
  toLight: "淺色",
  search: "搜尋",
  searchHint: "題名、編號、產地、材質……",
  every: "全部",
  objects: (n) => `${n} 件藏品`,
  found: (n, all) => `${all} 件中的 ${n} 件`,
  nothing: "沒有符合的藏品。請減少或更換檢索詞。",
  empty: "這裡還沒有發布藏品。",
  pages: (n) => `${n} 幅影像`,
  models: (n) => (n === 1 ? "三維模型" : `${n} 個三維模型`),
  back: "館藏",
  loading: "正在載入……",
  noCollection: "無法讀取館藏目錄。請透過網路伺服器開啟本頁，例如執行：heritage3d serve",
  noObject: "館藏中沒有這件藏品。",
  noPage: "無法顯示此影像。",
  noModel: "無法顯示此模型。",
  missingFile: (name) => `缺少檔案 ${name}。`,
  unreadableFile: (name) => `無法讀取檔案 ${name}。`,
  shownInstead: (level) => `現以「${level}」層次顯示。`,
  partsMissing: "此影像有部分未能載入。",
  noWebGL: "此瀏覽器不能繪製三維模型（缺少 WebGL 2）。仍可在下方下載檔案。",
  contents: "書頁與模型",
  image: "影像",
  model: "三維模型",
  previous: "上一頁",
  next: "下一頁",
  goTo: "前往",
  position: (at, all) => `第 ${at} 幅，共 ${all} 幅`,
  zoomIn: "放大",
  zoomOut: "縮小",
  whole: "顯示全貌",
  rotate: "旋轉 90°",
  full: "全螢幕",
  scroll: "展開全卷",
  single: "逐幅觀看",
  imageView: (label) => `可縮放影像：${label}。方向鍵移動，加減號縮放，Page Up 和 Page Down 翻頁。`,
  modelView: (label) => `三維模型：${label}。方向鍵旋轉，加減號縮放，0 顯示全貌。`,
  light: "光照",
  lightFrom: "光線方向",
  lightHeight: "光線高度",
  raking: "側光",
  frontal: "正光",
  surfaceOnly: "只看形狀，不看顏色",
  capturedOnly: "只看實際採集的部分（隱藏補出的孔洞）",
  detail: "細節層次",
  modelHint: "拖曳旋轉，雙指或滾輪縮放。",
  scaleUnknown: "比例未知",
  scaleBar: (length) => `比例尺：線段長 ${length}`,
  about: "藏品資訊",
  id: "編號",
  dimensions: "尺寸",
  rights: "版權",
  holding: "收藏機構",
  evidence: "模型有多忠實？",
  evidenceIntro: "每個細節層次都與原始掃描做過測量比較：所示表面上任何一點與原始掃描的距離都不超過下列數值，反之亦然。",
  evidenceUnknown: "比例未知。掃描資料的單位未知：數值為占藏品大小（對角線）的比例。",
  level: "層次",
  triangles: "三角面",
  size: "大小",
  deviation: "偏差",
  deviationOf: (bound) => `偏差 ${bound}`,
  exact: "無",
  notMeasured: "未測量",
  master: "原始掃描",
  download: "下載",
  roles: { preview: "預覽", web: "網頁", vr: "虛擬實境", full: "完整" },
  notes: "批註",
  goToNote: "顯示此處",
  quality: "影像品質如何？",
  qualitySummary: (all, good, warned, failed) =>
    `對 ${all} 幅影像測量了曝光、清晰度、晃動與條紋：` +
    [`${good} 幅良好`, warned && `${warned} 幅需查看`, failed && `${failed} 幅不合格`].filter(Boolean).join("，") + "。",
  contactSheet: "縮圖總覽",
  verdicts: { pass: "良好", warn: "需查看", fail: "不合格" },
  colourTarget: "色卡",
  chartAlt: (name) => `${name} 的色卡圖：每個色塊的標準色與實測色`,
  stars: (n) => `${n} 星（最高 4 星）`,
  figures: (n) => `${n} 項指標與限值`,
  figure: "指標",
  value: "實測",
  limit: "限值",
  grade: "評級",
  links: "供研究使用",
  manifest: "IIIF 清單",
  record: "著錄與證據",
  plainFile: "檔案",
  licences: "軟體授權",
  madeWith: "由 heritage3d 製作",
};

const tables: Record<Language, Texts> = { en, "zh-Hans": zhHans, "zh-Hant": zhHant };

// The tags in which a text is taken, best first, when the reader's own language is absent.
const fallbacks: Record<Language, string[]> = {
  en: ["en", "en-GB", "en-US", "none"],
  "zh-Hans": ["zh-Hans", "zh-CN", "zh-SG", "zh", "cmn", "zh-Hant", "zh-TW", "none"],
  "zh-Hant": ["zh-Hant", "zh-TW", "zh-HK", "zh", "cmn", "zh-Hans", "zh-CN", "none"],
};

function remembered(): string | null {
  try {
    return localStorage.getItem("heritage3d.language");
  } catch {
    return null; // storage is forbidden in some embedded pages
  }
}

function first(): Language {
  const asked = remembered();
  if (asked && asked in languages) return asked as Language;
  for (const tag of navigator.languages) {
    if (/^zh\b.*(hant|tw|hk|mo)/i.test(tag)) return "zh-Hant";
    if (/^zh\b/i.test(tag)) return "zh-Hans";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}

export let language: Language = first();
export let t: Texts = tables[language];

export function speak(chosen: Language): void {
  language = chosen;
  t = tables[chosen];
  document.documentElement.lang = chosen;
  try {
    localStorage.setItem("heritage3d.language", chosen);
  } catch {
    // the choice then lasts as long as the page
  }
}

/** The language tag whose text suits the reader best. */
export function bestTag(tags: string[]): string | undefined {
  return fallbacks[language].find((tag) => tags.includes(tag)) ?? tags.find((tag) => tag === "en") ?? tags[0];
}

export const number = (value: number, digits = 0): string =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);

/** Bytes as people write them: 1.3 MB. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  let rest = value;
  while (rest >= 1000 && step < units.length - 1) {
    rest /= 1000;
    step += 1;
  }
  return `${number(rest, rest < 10 && step > 0 ? 1 : 0)} ${units[step]}`;
}

/** A share in per cent; two significant digits. */
export const percent = (share: number): string =>
  new Intl.NumberFormat(language, { style: "percent", maximumSignificantDigits: 2 }).format(share);

/** A length in the unit that reads best; three significant digits. */
export function length(mm: number): string {
  const short = (value: number) => new Intl.NumberFormat(language, { maximumSignificantDigits: 3 }).format(value);
  if (mm >= 1000) return `${short(mm / 1000)} m`;
  if (mm >= 10) return `${short(mm / 10)} cm`;
  if (mm >= 0.01 || mm === 0) return `${short(mm)} mm`;
  return `${short(mm * 1000)} µm`;
}
